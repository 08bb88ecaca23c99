"""onvif-zeep as a library: its service table, its WSDL files parsed once for all cameras, its import made harmless.

Importing onvif-zeep configures the root logger (`logging.basicConfig(INFO)`); that is undone. Its `ONVIFCamera` is not
used: the constructor opens a PullPoint subscription that nobody closes, and deletes the proxy settings of the process.

The topic of every event is lost between zeep and the schema: b-2.xsd says "any element, mixed with text", and zeep
keeps only elements. The type is changed to text while it is loaded; the file stays as its publisher made it.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from zeep import Settings
from zeep.transports import Transport
from zeep.wsdl import Document

SETTINGS = Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True, xml_huge_tree=False)
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_parsing = threading.Lock()
_documents: dict[str, Document] = {}


@cache
def onvif_zeep() -> Any:
    """The package `onvif`, imported without its side effects on logging and environment."""
    root, zeep_client = logging.getLogger(), logging.getLogger("zeep.client")
    handlers, level, zeep_level = root.handlers[:], root.level, zeep_client.level
    environment = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    package = importlib.import_module("onvif")
    root.handlers[:] = handlers
    root.setLevel(level)
    zeep_client.setLevel(zeep_level)
    os.environ.update(environment)
    return package


@cache
def wsdl_folder() -> Path:
    """Where onvif-zeep put its WSDL files: beside its package."""
    return Path(onvif_zeep().__file__).parents[1] / "wsdl"


def document(service: str) -> Document:
    """The parsed description of `service` (a key of onvif-zeep's table), shared by all cameras and threads."""
    name = onvif_zeep().SERVICES[service]["wsdl"]
    with _parsing:
        if name not in _documents:
            _documents[name] = _parsed(name)
        return _documents[name]


def _parsed(name: str) -> Document:
    files: Any = _PackagedFiles()  # type: ignore[no-untyped-call]
    return Document(str(wsdl_folder() / name), files, settings=SETTINGS)


class _PackagedFiles(Transport):
    """Loads schema files from onvif-zeep's folder and from nowhere else."""

    def load(self, url: str) -> bytes:
        path = Path(url).resolve()
        if path.parent != wsdl_folder().resolve():
            raise ValueError(f"{path.name} does not come with onvif-zeep")
        content = path.read_bytes()
        return _with_topics_as_text(content) if path.name == "b-2.xsd" else content


def _with_topics_as_text(content: bytes) -> bytes:
    schema = etree.fromstring(content)
    (topic,) = schema.findall(f"{_XSD}complexType[@name='TopicExpressionType']")
    topic.attrib.pop("mixed", None)
    sequence = topic.find(f"{_XSD}sequence")
    assert sequence is not None
    topic.remove(sequence)
    text = etree.Element(f"{_XSD}extension", base=f"{topic.prefix}:string")
    text.extend(list(topic))
    etree.SubElement(topic, f"{_XSD}simpleContent").append(text)
    changed: bytes = etree.tostring(schema)
    return changed
