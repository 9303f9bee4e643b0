"""The border around the face, with a title and a subtitle."""

from __future__ import annotations

from rich.text import Text
from textual.containers import Container
from textual.geometry import Region


class FaceFrame(Container):
    """A container whose titles change without its content being drawn anew."""

    _titles = ("", "")
    _is_titling = False

    def set_titles(self, title: str, subtitle: str) -> None:
        """Write these into the border, above and below."""
        if (title, subtitle) == self._titles:
            return
        self._titles = title, subtitle
        self._is_titling = True
        try:
            self.border_title = Text(title)  # a file name may hold brackets: no markup
            self.border_subtitle = Text(subtitle)
        finally:
            self._is_titling = False

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> FaceFrame:
        """Setting a title asks for everything: the two lines of the border are enough."""
        if self._is_titling and not regions:
            width, height = self.outer_size
            left, top = self.content_offset
            regions = Region(-left, -top, width, 1), Region(-left, height - 1 - top, width, 1)
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self
