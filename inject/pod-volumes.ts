/** The volumes of the injected containers. */
import type { InjectOptions } from "./inject-options.ts";
import {
  CA_CONFIG_MAP,
  CONTROL_VOLUME,
  IDENTITY_VOLUME,
  RUN_VOLUME,
  STATE_VOLUME,
  TOKEN_AUDIENCE,
} from "./names.ts";
import type { Volume } from "./pod.ts";

/** Kubernetes's own; the kubelet renews it when most of it is over. */
const TOKEN_SECONDS = 3_600;

/** Far more than a key, certificates or a lock need; what is full refuses to be written. */
const MEMORY_VOLUME_SIZE = "1Mi";

export function podVolumes({ mode }: InjectOptions): readonly Volume[] {
  const volumes: readonly Volume[] = [
    {
      name: CONTROL_VOLUME,
      projected: {
        sources: [
          {
            serviceAccountToken: {
              audience: TOKEN_AUDIENCE,
              expirationSeconds: TOKEN_SECONDS,
              path: "token",
            },
          },
          {
            configMap: {
              name: CA_CONFIG_MAP,
              items: [{ key: "ca.crt", path: "ca.crt" }],
              // The first pod of a namespace may be faster than the operator, or it may be down:
              // the pod starts all the same, and the file comes when there is one.
              optional: true,
            },
          },
        ],
      },
    },
    { name: IDENTITY_VOLUME, emptyDir: { medium: "Memory", sizeLimit: MEMORY_VOLUME_SIZE } },
    // Without a limit: the kubelet would evict the pod that passes it.
    { name: STATE_VOLUME, emptyDir: {} },
  ];
  if (mode === "explicit") return volumes;
  const run = { name: RUN_VOLUME, emptyDir: { medium: "Memory", sizeLimit: MEMORY_VOLUME_SIZE } };
  return [...volumes, run];
}
