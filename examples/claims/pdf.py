"""Write a small PDF with one line of ASCII text, in place of a scanned paper: pdf.py FILE TEXT."""

import sys
from pathlib import Path


def render(text: str) -> bytes:
    """Return a PDF of one page: header, objects, their places, trailer (ISO 32000-1, 7.5)."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET"
    font = "/Resources << /Font << /F1 5 0 R >> >>"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {font} >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{one}\nendobj\n"
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    size, start = len(objects) + 1, len(written)
    written += f"xref\n0 {size}\n0000000000 65535 f \n{rows}"
    written += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return written.encode("ascii")


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(render(sys.argv[2]))
