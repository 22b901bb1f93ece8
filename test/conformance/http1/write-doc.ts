/** Renews docs/http1-conformance.md. Run from the root of the repository. */
import { writeFileSync } from "node:fs";
import { CONFORMANCE_DOC, renderConformanceDoc } from "./conformance-doc.ts";

writeFileSync(CONFORMANCE_DOC, renderConformanceDoc());
