"""Published lists 生态环境准入清单: from Excel to clauses, to a pack, to a review, and from one edition to the next."""

from sanxian.access_list.diff import Change, ListDiff, diff_lists
from sanxian.access_list.errors import AccessListError, Issue
from sanxian.access_list.importer import ImportedList, import_list, to_json
from sanxian.access_list.pack import pack_text, write_pack
from sanxian.access_list.review import Reviewed, export_review, import_review

__all__ = [
    "AccessListError",
    "Change",
    "ImportedList",
    "Issue",
    "ListDiff",
    "Reviewed",
    "diff_lists",
    "export_review",
    "import_list",
    "import_review",
    "pack_text",
    "to_json",
    "write_pack",
]
