/**
 * The only file that says `WebSocket`. A thin skin: text and bytes in, text and bytes out, one
 * close. What it means is decided in `live/`.
 */

export interface SocketHandlers {
  onOpen(): void;
  onText(payload: string): void;
  onBytes(payload: Uint8Array): void;
  /** Exactly once, also when opening failed (code 1006). Not after `close()`. */
  onClose(code: number): void;
}

export interface Socket {
  send(payload: string | Uint8Array<ArrayBuffer>): void;
  /** Cuts the connection; no handler is called afterwards. */
  close(): void;
}

export type OpenSocket = (handlers: SocketHandlers) => Socket;

/** `/ws` beside the page, on the page's own scheme. */
export function socketAddress(page: { protocol: string; host: string }): string {
  return `${page.protocol === "https:" ? "wss" : "ws"}://${page.host}/ws`;
}

export function openSocketAt(address: string): OpenSocket {
  return (handlers) => {
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    let live = true;
    socket.onopen = () => live && handlers.onOpen();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (!live) return;
      if (typeof data === "string") handlers.onText(data);
      else handlers.onBytes(new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      if (!live) return;
      live = false;
      handlers.onClose(code);
    };
    return {
      send: (payload) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(payload);
      },
      close: () => {
        live = false;
        socket.close(1000);
      },
    };
  };
}
