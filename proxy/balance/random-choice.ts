/** Any endpoint, by weight (`random`): knows nothing, needs nothing, spreads evenly enough. */

import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { CandidatePicker } from "./candidate-picker.ts";
import type { EndpointLoad } from "./peak-ewma.ts";

/** How often one is passed over that has not earned its full share. */
const PASSES_MAX = 4;

export class RandomChoice extends CandidatePicker {
  override pick(nowMs: number, avoid: FailedEndpoints | null): EndpointLoad | null {
    const { candidates } = this;
    if (candidates.size < 2) return candidates.size === 0 ? null : candidates.at(0);
    let load = candidates.draw();
    for (let passes = 0; passes < PASSES_MAX; passes += 1) {
      const merit = load.merit(nowMs);
      if (merit === 1 || this.random.nextFloat() < merit) break;
      load = candidates.draw();
    }
    return avoid?.includes(load) === true ? candidates.drawBut(avoid) : load;
  }
}
