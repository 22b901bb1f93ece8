/**
 * A pod with the proxy in it. Injecting again changes nothing, unless the options or this program
 * have changed: then what was there is replaced. What other webhooks have done to the injected
 * containers meanwhile is kept, for it was done on purpose: another registry, default limits.
 */
import { encodeCanonical, revisionOf } from "../base/canonical-json.ts";
import { VERSION } from "../base/version.ts";
import type { InjectOptions } from "./inject-options.ts";
import { INJECTION, PROXIED, PROXY_VERSION } from "./names.ts";
import { type Owner, ownerLabels } from "./owner.ts";
import {
  annotationsOf,
  type Container,
  initContainersOf,
  labelsOf,
  type Pod,
  type Volume,
  volumesOf,
} from "./pod.ts";
import { podVolumes } from "./pod-volumes.ts";
import { proxyContainer } from "./proxy-container.ts";
import { redirectContainer } from "./redirect-container.ts";
import { uninjectPod } from "./uninject-pod.ts";

/** Enough to tell two injections apart. */
const DIGEST_CHARS = 16;

/** `decideInjection` must have said so; `owner` is null where nothing is known of one. */
export function injectPod(pod: Pod, options: InjectOptions, owner: Owner | null): Pod {
  const bare = uninjectPod(pod);
  const containers = ownContainers(bare, options);
  const volumes = podVolumes(options);
  const digest = revisionOf(encodeCanonical({ containers, volumes })).slice(0, DIGEST_CHARS);
  const before = annotationsOf(pod)[INJECTION] === digest ? pod : bare;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...labelsOf(bare), ...ownerLabels(owner), [PROXIED]: options.mode },
      annotations: { ...annotationsOf(bare), [PROXY_VERSION]: VERSION, [INJECTION]: digest },
    },
    spec: {
      ...pod.spec,
      initContainers: [...kept(containers, initContainersOf(before)), ...initContainersOf(bare)],
      volumes: [...kept(volumes, volumesOf(before)), ...volumesOf(bare)],
    },
  };
}

function ownContainers(bare: Pod, options: InjectOptions): readonly Container[] {
  const proxy = proxyContainer(bare, options);
  return options.mode === "explicit" ? [proxy] : [redirectContainer(bare, options), proxy];
}

/** Each as it was found, where it was found. */
function kept<T extends Container | Volume>(
  wanted: readonly T[],
  found: readonly T[],
): readonly T[] {
  return wanted.map((one) => found.find(({ name }) => name === one.name) ?? one);
}
