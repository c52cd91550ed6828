/** Said in the place of what was asked of the desk: that it comes, or why it did not, with another try.
 * What is there already stays there: it is not this that shows it, nor a failure that takes it away. */
import { describe } from "../problem";
import { Alert, Skeleton } from "./parts";

interface Props {
  answer: { data: unknown; error: unknown; refetch: () => unknown };
  /** How much of it is hinted at while it comes. */
  lines?: number;
}

export function Asked({ answer: { data, error, refetch }, lines = 3 }: Props) {
  if (error) return <Alert onAgain={refetch}>{describe(error)}</Alert>;
  return data === undefined ? <Skeleton lines={lines} /> : null;
}
