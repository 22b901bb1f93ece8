/**
 * YAML for those who load it when they need it. The library itself must not be loaded by
 * `import()`: in a bundle such an import of a CommonJS package has no names.
 */
export { parse, stringify } from "yaml";
