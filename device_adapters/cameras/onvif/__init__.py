"""ONVIF, the management side of a camera, on onvif-zeep with its faults cured (docs/cameras.md lists them)."""

from device_adapters.cameras.onvif.device import OnvifCamera, connect
from device_adapters.cameras.onvif.profiles import live_profile, main_profile

__all__ = ["OnvifCamera", "connect", "live_profile", "main_profile"]
