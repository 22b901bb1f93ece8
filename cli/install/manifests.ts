/** Objects as text that `kubectl apply -f -` takes. */
export async function formatManifests(objects: readonly object[]): Promise<string> {
  const { stringify } = await import("../output/yaml-text.ts");
  const options = { lineWidth: 0, aliasDuplicateObjects: false } as const;
  return objects.map((object) => `---\n${stringify(object, options)}`).join("");
}
