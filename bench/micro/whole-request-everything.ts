/** The same as `whole-request`, with all that a proxy can do for its callers. */
import { runMicroBench } from "./harness.ts";
import { requestThroughProxy } from "./proxy-without-kernel.ts";

runMicroBench([await requestThroughProxy("a request, everything configured", true)]);
