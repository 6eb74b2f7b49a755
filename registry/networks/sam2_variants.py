"""The sizes of SAM2: four published ones, and two for machines without a GPU. Imports nothing heavy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from transformers import Sam2Config

Published = Literal["tiny", "small", "base_plus", "large"]
Variant = Literal["micro", "mini", "tiny", "small", "base_plus", "large"]


@dataclass(frozen=True)
class Sizes:
    """How the variants differ.

    width, heads: of the Hiera trunk's first stage; both double with each stage. blocks: per stage; global_blocks:
    those whose attention sees the whole map. windows: side of the others' windows per stage, in tokens.
    background: side of the position embedding that is stretched over the map. decoder: channels of the feature
    pyramid, the prompt encoder and the mask decoder. megabytes: size of the published file, None: there is none.
    """

    width: int
    heads: int
    blocks: tuple[int, int, int, int]
    global_blocks: tuple[int, ...]
    windows: tuple[int, int, int, int] = (8, 4, 14, 7)
    background: int = 7
    decoder: int = 256
    mlp: int = 2048
    megabytes: float | None = None


VARIANTS: dict[Variant, Sizes] = {
    "micro": Sizes(16, 1, (1, 1, 2, 1), (3,), decoder=64, mlp=128),
    "mini": Sizes(32, 1, (1, 2, 3, 1), (4,), decoder=128, mlp=256),
    "tiny": Sizes(96, 1, (1, 2, 7, 2), (5, 7, 9), megabytes=156),
    "small": Sizes(96, 1, (1, 2, 11, 2), (7, 10, 13), megabytes=184),
    "base_plus": Sizes(112, 2, (2, 3, 16, 3), (12, 16, 20), background=14, megabytes=323),
    "large": Sizes(144, 2, (2, 6, 36, 4), (23, 33, 43), windows=(8, 4, 16, 8), megabytes=898),
}
"""The last four: the files sam2.1_hiera_{t,s,b+,l}.yaml of github.com/facebookresearch/sam2."""


def repository(variant: Published) -> str:
    """Return the hub's name of a published variant."""
    return f"facebook/sam2.1-hiera-{variant.replace('_', '-')}"


def configuration(variant: Variant, size: int) -> "Sam2Config":
    """Return transformers' configuration for square images of `size` pixels, a multiple of 32."""
    from transformers import (
        Sam2Config,
        Sam2HieraDetConfig,
        Sam2MaskDecoderConfig,
        Sam2PromptEncoderConfig,
        Sam2VisionConfig,
    )

    s = VARIANTS[variant]
    widths = [s.width << stage for stage in range(4)]
    trunk = Sam2HieraDetConfig(
        hidden_size=s.width,
        num_attention_heads=s.heads,
        blocks_per_stage=list(s.blocks),
        embed_dim_per_stage=widths,
        num_attention_heads_per_stage=[s.heads << stage for stage in range(4)],
        window_size_per_stage=list(s.windows),
        global_attention_blocks=list(s.global_blocks),
        window_positional_embedding_background_size=[s.background] * 2,
    )
    config = Sam2Config(
        vision_config=Sam2VisionConfig(
            backbone_config=trunk, backbone_channel_list=widths[::-1], fpn_hidden_size=s.decoder
        ),
        prompt_encoder_config=Sam2PromptEncoderConfig(hidden_size=s.decoder),
        mask_decoder_config=Sam2MaskDecoderConfig(hidden_size=s.decoder, mlp_dim=s.mlp, iou_head_hidden_dim=s.decoder),
    )
    return resized(config, size)


def resized(config: "Sam2Config", size: int) -> "Sam2Config":
    """Return `config`, changed to square images of `size` pixels: no weight depends on the size."""
    vision: Any = config.vision_config
    prompts: Any = config.prompt_encoder_config
    vision.backbone_config.image_size = [size, size]
    vision.backbone_feature_sizes = [[size // stride] * 2 for stride in (4, 8, 16)]
    prompts.image_size = size
    return config
