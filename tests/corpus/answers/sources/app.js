import { readFile } from "./io.js";

const LIMIT = 100;

export function parse(text) {
  const rows = text.split("\n");
  return rows.slice(0, LIMIT).map((row) => row.trim());
}

export async function main() {
  const text = await readFile("data.csv");
  return parse(text);
}
