/** kubectl as a user has it: with a kubeconfig, and a folder of its own for what it remembers. */
import { spawn } from "node:child_process";

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KubectlOptions {
  /** For its standard input. */
  readonly input?: string;
  /** `system:serviceaccount:shop:web`, whom the admin speaks for. */
  readonly as?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function runKubectl(
  program: string,
  kubeconfig: string,
  homeFolder: string,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const { input = "", as, env } = options;
  const asWhom = as === undefined ? [] : ["--as", as];
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["--kubeconfig", kubeconfig, ...asWhom, ...args], {
      env: { ...process.env, HOME: homeFolder, KUBECACHEDIR: homeFolder, ...env },
    });
    const printed = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].on("data", (chunk) => {
        printed[stream] += String(chunk);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, ...printed }));
    // One that ends before it has read all has said why.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
