/** An application in a namespace: `web-socket-server.ts PORT` sends back what it is sent. */
import { WebSocketServer } from "ws";

const [port = ""] = process.argv.slice(2);
const server = new WebSocketServer({ port: Number(port), host: "::" });
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
