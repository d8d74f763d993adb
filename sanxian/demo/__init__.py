"""The demo district 示例区: a made-up river district with layers, outlets, projects and an access list, all drawn by script."""
