/**
 * An application in a namespace: `web-socket-client.ts URL` says something by Node's own WebSocket,
 * and prints what came back.
 */
const LARGE_CHARS = 100_000;

const [url = ""] = process.argv.slice(2);
const socket = new WebSocket(url);
const heard: string[] = [];
socket.addEventListener("open", () => {
  socket.send("hello");
  // More than one read, and a frame with a long length.
  socket.send("x".repeat(LARGE_CHARS));
});
socket.addEventListener("message", ({ data }) => {
  heard.push(String(data));
  if (heard.length === 2) socket.close(1000);
});
socket.addEventListener("error", () => process.stdout.write("failed\n"));
socket.addEventListener("close", ({ code }) => {
  process.stdout.write(`${heard[0]} ${heard[1]?.length} ${code}\n`);
});
