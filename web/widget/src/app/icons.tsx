/** The few drawings of the widget, as strokes in the ink of their surroundings. */

import type { JSX } from "preact";

function Icon({ path, size = 20 }: { path: string; size?: number }): JSX.Element {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.9"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={path} />
    </svg>
  );
}

export const BackIcon = () => <Icon path="M15 5l-7 7 7 7" />;
export const CloseIcon = () => <Icon path="M6 6l12 12M18 6L6 18" />;
export const SendIcon = () => <Icon path="M12 19V5M5.5 11.5L12 5l6.5 6.5" />;
export const ClipIcon = () => (
  <Icon path="M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.5-8.4a3.4 3.4 0 0 1 4.8 4.8l-8.3 8.2a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6" />
);
export const FileIcon = () => (
  <Icon path="M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5" />
);
export const DownIcon = () => <Icon path="M12 5v14M5.5 12.5L12 19l6.5-6.5" size={16} />;
export const WriteIcon = () => <Icon path="M12 5v14M5 12h14" size={18} />;
