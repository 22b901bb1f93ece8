/** What a page of metrics says of all series whose line begins so, added up. */
export function sumSeries(page: string, beginning: string): number {
  const lines = page.split("\n").filter((line) => line.startsWith(beginning));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);
}
