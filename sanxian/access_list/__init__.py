"""Published lists 生态环境准入清单: from Excel to clauses, to a pack, to a review, and from one edition to the next."""

from sanxian.access_list.errors import AccessListError, Issue
from sanxian.access_list.importer import ImportedList, import_list, to_json
from sanxian.access_list.pack import pack_text, write_pack

__all__ = ["AccessListError", "ImportedList", "Issue", "import_list", "pack_text", "to_json", "write_pack"]
