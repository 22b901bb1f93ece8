/** A profile to begin with, with an example of what people ask for first. */
import type { ProfileName } from "./to-profile.ts";

export function profileTemplate({ name, namespace }: ProfileName): string {
  return `# The routes of ${name}, and how calls to it behave. All fields: heddle.mesh kinds,
# "heddle lint" says what is wrong with them, "heddle explain" what becomes of a request.
apiVersion: heddle.mesh/v1alpha1
kind: ServiceProfile
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  service: ${name}
  # The first route whose condition holds is taken; all other requests are the route [DEFAULT].
  routes:
    - name: GET /books/{id}
      condition:
        method: GET
        pathRegex: /books/[^/]*
      # For the whole request, over all tries.
      timeout: 500ms
      # Repeating it does no harm, so that its failures are tried again within the budget.
      isRetryable: true
    - name: POST /books
      condition:
        method: POST
        path: /books
      # What counts as a failure; without this, statuses from 500 do.
      responseClasses:
        - condition:
            status: { min: 500, max: 599 }
          isFailure: true
        - condition:
            status: { min: 429 }
          isFailure: true
  # Retries as a share of requests, besides some that are always allowed.
  retryBudget:
    retryRatio: 0.2
    minRetriesPerSecond: 10
    ttl: 10s
`;
}
