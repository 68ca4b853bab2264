for (const movie of document.querySelectorAll(".movie")) {
  const frames = movie.querySelectorAll(".frame"), slider = movie.querySelector("input"), label = movie.querySelector("output");
  slider.addEventListener("input", () => {
    frames.forEach((f, k) => f.classList.toggle("shown", k === +slider.value));
    label.textContent = frames[+slider.value].dataset.label;
  });
}
