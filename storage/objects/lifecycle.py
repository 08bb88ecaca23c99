"""Whether a bucket deletes by itself: its lifecycle configuration, read and not believed to be none of our business.

A rule of the store knows neither class ends nor legal holds, so none may expire clips, however long its days are.
Rules that only remove versions which were deleted or written over already are wanted: they take away what a versioned
bucket keeps of a deleted clip.
"""

from __future__ import annotations

from lxml import etree

from storage.objects.interface import away

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def deleting_rules(configuration: bytes, prefix: str) -> tuple[str, ...]:
    """Names of enabled rules that delete current objects under `prefix`. Filters by tag or size are taken to match.

    Raises LessonProofError ARCHIVE_AWAY when it is no lifecycle configuration.
    """
    try:
        root = etree.fromstring(configuration, _PARSER)
    except etree.XMLSyntaxError:
        raise away("the lifecycle configuration cannot be read") from None
    found = [rule for rule in root.iterfind("{*}Rule") if _deletes(rule, prefix)]
    return tuple(_text(rule, "ID") or _prefix(rule) or "*" for rule in found)


def _deletes(rule: etree._Element, prefix: str) -> bool:
    own = _prefix(rule)
    touches = own.startswith(prefix) or prefix.startswith(own)
    expires = any(_text(rule, f"Expiration/{{*}}{name}") for name in ("Days", "Date"))
    return touches and expires and _text(rule, "Status") == "Enabled"


def _prefix(rule: etree._Element) -> str:
    places = ("Filter/{*}Prefix", "Filter/{*}And/{*}Prefix", "Prefix")
    return next((found for place in places if (found := _text(rule, place))), "")


def _text(rule: etree._Element, path: str) -> str:
    return (rule.findtext(f"{{*}}{path}") or "").strip()
