/** What `heddle webhook --help` prints. */
import { it } from "vitest";
import { MemoryIo } from "../../../base/memory-io.ts";
import { runProgram } from "../../../base/program.ts";
import { webhook } from "../../../webhook/main.ts";
import { expectGolden } from "../golden.ts";

it("the help of heddle webhook", async () => {
  const io = new MemoryIo();
  const code = await runProgram(webhook, ["--help"], io);
  const text = `$ heddle webhook --help\n${io.stdout.text}--- exit code ${code}\n`;
  expectGolden("webhook/help.txt", text);
});
