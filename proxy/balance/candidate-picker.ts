/** What all pickers share that choose from one list of candidates: who is in, and who is out. */
import type { Random } from "../../base/random.ts";
import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { Candidates } from "./candidates.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import type { Picker } from "./picker.ts";

export abstract class CandidatePicker implements Picker {
  protected readonly candidates: Candidates;
  protected readonly random: Random;

  constructor(loads: readonly EndpointLoad[], random: Random) {
    this.candidates = new Candidates(loads, random);
    this.random = random;
  }

  abstract pick(nowMs: number, avoid: FailedEndpoints | null, hash?: number): EndpointLoad | null;

  get size(): number {
    return this.candidates.size;
  }

  includes(load: EndpointLoad): boolean {
    return this.candidates.includes(load);
  }

  evict(load: EndpointLoad): void {
    this.candidates.evict(load);
  }

  readmit(load: EndpointLoad): void {
    this.candidates.readmit(load);
  }
}
