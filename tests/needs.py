"""Names what the tests need of the machine and do not find, and how to get it: ``python -m tests.needs``."""

import shutil
import subprocess
import sys


def missing() -> list[str]:
    found: list[str] = []
    if shutil.which("chromium") is None and shutil.which("chromium-browser") is None:
        found.append("浏览器测试要用 chromium：用 root 运行 apt-get install chromium")
    fonts = (
        subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
        if shutil.which("fc-list")
        else ""
    )
    if not fonts.strip():
        found.append("页面截图要用中文字体：用 root 运行 apt-get install fonts-noto-cjk fontconfig")
    return found


if __name__ == "__main__":
    words = missing()
    for line in words:
        print(line, file=sys.stderr)
    sys.exit(1 if words else 0)
