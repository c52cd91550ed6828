/**
 * A customer's site: what an integrator writes is the loader's script tag and one `boot`. Here
 * the server says which inbox the chat belongs to.
 */

import { createHttp } from "@parley/shared/http";

type Parley = { (...command: unknown[]): void; q?: unknown[][] };
const page = window as unknown as { Parley?: Parley };

// The loader's queue, in case it has not come yet.
page.Parley ??= Object.assign(
  (...command: unknown[]) => {
    page.Parley?.q?.push(command);
  },
  { q: [] },
);
const parley: Parley = (...command) => page.Parley?.(...command);

for (const button of document.querySelectorAll<HTMLElement>("[data-chat]")) {
  button.addEventListener("click", () => {
    const text = button.dataset.chat;
    if (text) parley("prefill", text);
    else parley("show");
  });
}

const { inbox_id } = await createHttp("/demo").get<{ inbox_id: string }>("/config.json");
parley("boot", { inbox: inbox_id });
