"""The store: a folder of immutable task outputs, one entry a key, verified whenever it is read."""

from edgewright.store.disk import default_root
from edgewright.store.entry import Entry, StoredOutput, folder_digest
from edgewright.store.links import Links
from edgewright.store.store import Store

__all__ = ["Entry", "Links", "Store", "StoredOutput", "default_root", "folder_digest"]
