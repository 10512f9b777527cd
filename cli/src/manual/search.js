// Shows the pages that have every word typed, those with the words in their title first. What is looked for may stand in
// the address, as ?q=.
const pages = JSON.parse(document.getElementById("pages").textContent);
const search = document.getElementById("search");
const found = document.getElementById("found");

const show = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (page) => words.filter((word) => page.title.includes(word)).length;
  const hits = words.length === 0 ? [] : pages.filter((page) => words.every((word) => page.words.includes(word)));
  hits.sort((one, other) => rank(other) - rank(one) || one.title.length - other.title.length);
  found.replaceChildren(...hits.slice(0, 12).map((page) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = page.link;
    link.textContent = `${page.title}: ${page.summary}`;
    item.append(link);
    return item;
  }));
};

search.addEventListener("input", show);
search.value = new URLSearchParams(location.search).get("q") ?? "";
show();

search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") found.querySelector("a")?.click();
  if (event.key === "Escape") found.replaceChildren();
});
