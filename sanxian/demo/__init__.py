"""The demo district 示例区: a made-up river district with layers, outlets, projects and an access list, all drawn by script."""

from sanxian.demo.build import DemoFiles, build
from sanxian.demo.draw import layers

__all__ = ["DemoFiles", "build", "layers"]
