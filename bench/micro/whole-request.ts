/** Our own code for a whole request: ten routes and a split. */
import { runMicroBench } from "./harness.ts";
import { requestThroughProxy } from "./proxy-without-kernel.ts";

runMicroBench([await requestThroughProxy("a request", false)]);
