/** Files of a message: pictures as pictures, everything else to be fetched. Their links are signed
 * and run out; one that has is asked for anew. */
import type { Attachment } from "@parley/shared/resources";
import { FileText } from "lucide-react";
import { type MouseEvent, useState } from "react";
import { http } from "../http";
import { report } from "../problem";
import { formatSize, isExpired, isPicture } from "./message_model";

export function Attachments({ attachments }: { attachments: readonly Attachment[] }) {
  const pictures = attachments.filter(({ mime_type }) => isPicture(mime_type));
  const files = attachments.filter(({ mime_type }) => !isPicture(mime_type));
  return (
    <div className="attachments">
      {pictures.map((attachment) => (
        <Picture key={attachment.id} attachment={attachment} />
      ))}
      {files.map((attachment) => (
        <File key={attachment.id} attachment={attachment} />
      ))}
    </div>
  );
}

/** The link as it is valid now, and the click that asks for a new one first when it is not. */
function useLink({ id, url }: Attachment) {
  const [href, setHref] = useState(url);
  const renew = async () => {
    const fresh = await http.get<Attachment>(`/attachments/${id}`);
    setHref(fresh.url);
    return fresh.url;
  };
  const open = (event: MouseEvent) => {
    if (!isExpired(href, Date.now())) return;
    event.preventDefault();
    renew().then((fresh) => window.open(fresh, "_blank", "noopener"), report);
  };
  return { href, open, renew };
}

function Picture({ attachment }: { attachment: Attachment }) {
  const { href, open, renew } = useLink(attachment);
  const [state, setState] = useState<"new" | "renewed" | "broken">("new");
  const mend = () => {
    const mayRenew = state === "new" && isExpired(href, Date.now());
    setState(mayRenew ? "renewed" : "broken");
    if (mayRenew) renew().catch(report);
  };
  if (state === "broken") return <File attachment={attachment} />;
  const { filename } = attachment;
  return (
    <a
      href={href}
      onClick={open}
      target="_blank"
      rel="noopener noreferrer"
      className="picture"
      title={filename}
    >
      <img src={href} alt={filename} loading="lazy" onError={mend} />
    </a>
  );
}

function File({ attachment }: { attachment: Attachment }) {
  const { href, open } = useLink(attachment);
  return (
    <a href={href} onClick={open} target="_blank" rel="noopener noreferrer" className="file">
      <FileText aria-hidden />
      <span className="file-name">{attachment.filename}</span>
      <span className="file-size">{formatSize(attachment.size_bytes)}</span>
    </a>
  );
}
