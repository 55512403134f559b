"""Installers of tools: which version a channel stands for now. Pure."""
