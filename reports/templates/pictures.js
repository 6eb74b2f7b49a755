// Choose whose pictures to see, under what, or one picture of all models. Without scripts all of them stand in folds.
for (const form of document.querySelectorAll("form.choose")) {
  const section = form.closest("section");
  const pictures = [...section.querySelectorAll(".picture")];
  const folds = [...section.querySelectorAll("details, .pictures")];
  const opened = folds.filter(fold => fold.open);

  const show = () => {
    const wanted = [...new FormData(form)].filter(([, value]) => value);
    for (const one of pictures) one.hidden = wanted.some(([name, value]) => one.dataset[name] !== value);
    for (const fold of folds) {
      fold.hidden = !fold.querySelector(".picture:not([hidden])");
      if (fold.tagName === "DETAILS") fold.open = wanted.length ? !fold.hidden : opened.includes(fold);
    }
  };
  const follow = () => { // a link to pictures that are hidden shows all again
    const place = section.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`);
    if (!place) return;
    form.reset();
    show();
    place.closest("details").open = true;
    place.scrollIntoView();
  };
  form.hidden = false;
  form.addEventListener("change", () => {
    show();
    remember({ pictures: Object.fromEntries(new FormData(form)) });
  });
  recalled(({ pictures = {} }) => {
    for (const [name, value] of Object.entries(pictures)) form.elements[name].value = value;
    show();
  });
  window.addEventListener("hashchange", follow);
  follow();
}
