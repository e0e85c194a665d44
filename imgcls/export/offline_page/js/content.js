/** What the page knows about its run, and the record of its verification (null before it was verified). */

const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const content = read("content");
export const record = read("verification");
