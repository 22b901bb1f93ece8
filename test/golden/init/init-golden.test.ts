/** What `heddle init --dry-run` prints: the rules, for somebody to read before they are set. */
import { describe, it } from "vitest";
import { MemoryIo } from "../../../base/memory-io.ts";
import { runProgram } from "../../../base/program.ts";
import { init } from "../../../proxy/init/main.ts";
import { expectGolden } from "../golden.ts";

async function transcript(line: string): Promise<string> {
  const io = new MemoryIo();
  const code = await runProgram(init, line.split(" "), io);
  const errors = io.stderr.text === "" ? "" : `--- stderr\n${io.stderr.text}`;
  return `$ heddle init ${line}\n${io.stdout.text}${errors}--- exit code ${code}\n`;
}

const LISTS =
  "--skip-outbound-ports 3306,9000-9010 --skip-subnets 169.254.169.254,fd00::/16 --uid 2102,2103";

describe("heddle init", () => {
  it.each([
    ["help", "--help"],
    ["dry-run-nft", "--dry-run --ipv6 on"],
    ["dry-run-nft-lists", `--dry-run --ipv6 on ${LISTS}`],
    ["dry-run-nft-ipv4", "--dry-run --ipv6 off"],
    ["dry-run-iptables", `--dry-run --ipv6 on --backend iptables-nft ${LISTS}`],
    ["two-modes", "--check --undo"],
  ])("%s", async (name, line) => {
    expectGolden(`init/${name}.txt`, await transcript(line));
  });
});
