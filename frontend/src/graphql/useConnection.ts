import { createContext, use, useSyncExternalStore } from "react";
import type { Connection, Socket } from "./socket";

export const SocketContext = createContext<Socket | null>(null);

export function useSocket(): Socket {
  const socket = use(SocketContext);
  if (!socket) throw new Error("there is no socket here");
  return socket;
}

/** How the live connection does. */
export function useConnection(): Connection {
  const socket = useSocket();
  return useSyncExternalStore(socket.subscribe, socket.connection);
}
