/* The writing in a picture, laid over it: each line is stretched over the place where it stands. */
class ReadText extends HTMLElement {
  connectedCallback() {
    this.seen = false;
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this);
  }

  disconnectedCallback() {
    this.watch.disconnect();
  }

  fit() {
    // All sizes are read before one is changed: the page is laid out once.
    const lines = [...this.children].map((line) => {
      const words = line.firstElementChild;
      return [words, line.clientWidth / words.offsetWidth, line.clientHeight / words.offsetHeight];
    });
    for (const [words, across, down] of lines) words.style.transform = `scale(${across}, ${down})`;
    const mark = this.querySelector("mark");
    if (mark && !this.seen) mark.scrollIntoView({ block: "center", inline: "nearest" });
    this.seen = true;
  }
}
customElements.define("read-text", ReadText);

/* Copies the text of what stands next to the button; whether that could be done. */
async function copyRead(event) {
  const room = event.target.closest(".rt-copy-from");
  const words = room.querySelector(".rt-plain").textContent;
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    // A page that came by plain HTTP has no clipboard to write to, but may copy what it has marked.
    const field = document.createElement("textarea");
    field.value = words;
    field.className = "rt-copied";
    room.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
