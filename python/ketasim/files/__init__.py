"""Results as columns with units, written to CSV, JSON, Parquet or NetCDF: whole or not at all."""

from ketasim.files._read_csv import CsvRow, read_csv
from ketasim.files._save import Savable, check_path, save
from ketasim.files._sheet import Column, Sheet
from ketasim.files._whole_file import check_folder, check_writable, whole_file

__all__ = [
    "Column",
    "CsvRow",
    "Savable",
    "Sheet",
    "check_folder",
    "check_path",
    "check_writable",
    "read_csv",
    "save",
    "whole_file",
]
