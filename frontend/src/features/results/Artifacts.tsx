import { CirclePlay, Download, FileText } from "lucide-react";
import { useState } from "react";
import { download } from "@/auth/content";
import { useBlob } from "@/auth/useContent";
import type { ArtifactDetailFragment } from "@/gql/graphql";
import { IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { formatBytes } from "@/ui/duration";
import { Skeleton } from "@/ui/Skeleton";
import { toast } from "@/ui/toast";
import { Unread } from "@/ui/Unread";

/** What an attempt left behind: pictures to look at, the rest to take along. */
export function Artifacts({ artifacts }: { artifacts: ArtifactDetailFragment[] }) {
  if (artifacts.length === 0) return <p className="text-sm text-faint">The attempt left nothing behind.</p>;
  const pictures = artifacts.filter(isPicture);
  const videos = artifacts.filter(isVideo);
  const others = artifacts.filter((a) => !isPicture(a) && !isVideo(a));
  return (
    <div className="grid gap-4">
      {videos.map((artifact) => <Video key={artifact.id} artifact={artifact} />)}
      {pictures.length > 0 ? (
        <div className="grid gap-3 sm:grid-cols-2">
          {pictures.map((artifact) => (
            <Picture key={artifact.id} artifact={artifact} />
          ))}
        </div>
      ) : null}
      {others.length > 0 ? (
        <ul className="overflow-hidden rounded-lg border border-line bg-raised">
          {others.map((artifact) => (
            <li key={artifact.id} className="flex min-h-11 items-center gap-2.5 border-t border-line px-3 text-sm first:border-t-0">
              <FileText size={16} className="shrink-0 text-faint" aria-hidden />
              <span className="min-w-0 flex-1">
                <span className="block truncate">{artifact.name}</span>
                <span className="block truncate text-xs text-faint">{artifact.error || `${artifact.kind}, ${formatBytes(artifact.size)}`}</span>
              </span>
              <Save artifact={artifact} />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function isPicture({ contentType, error }: ArtifactDetailFragment): boolean {
  return contentType.startsWith("image/") && !error;
}

function isVideo({ contentType, error }: ArtifactDetailFragment): boolean {
  return contentType.startsWith("video/") && !error;
}

/** What the page showed while the case went on; it is read when somebody wants to see it. */
function Video({ artifact }: { artifact: ArtifactDetailFragment }) {
  const [wanted, setWanted] = useState(false);
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-raised">
      {wanted ? (
        <Player artifact={artifact} />
      ) : (
        <button type="button" onClick={() => setWanted(true)} className="grid aspect-video w-full place-content-center justify-items-center gap-2 bg-sunken text-sm text-soft hover:text-text focus-visible:-outline-offset-2">
          <CirclePlay size={40} strokeWidth={1.5} aria-hidden /> Play {artifact.name}
        </button>
      )}
      <Caption artifact={artifact} />
    </figure>
  );
}

function Player({ artifact: { url, name } }: { artifact: ArtifactDetailFragment }) {
  const { value: address, trouble, again } = useBlob(url);
  const [unplayable, setUnplayable] = useState(false);
  if (trouble) return <Unread what="The video" away={trouble === "away"} onRetry={again} className="aspect-video" />;
  if (unplayable) return <p className="grid aspect-video place-content-center p-4 text-center text-sm text-faint">This browser cannot play it. Download it to see it in another one.</p>;
  // It has no sound, so there is nothing to put into words.
  return address ? <video src={address} aria-label={name} controls autoPlay muted onError={() => setUnplayable(true)} className="aspect-video w-full bg-sunken" /> : <Skeleton className="aspect-video w-full rounded-none" />;
}

/** A picture in the page, which opens in its full size. */
export function Picture({ artifact }: { artifact: ArtifactDetailFragment }) {
  const { value: address, trouble, again } = useBlob(artifact.url);
  const [open, setOpen] = useState(false);
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-raised">
      {trouble ? (
        <Unread what="The picture" away={trouble === "away"} onRetry={again} className="aspect-video" />
      ) : address ? (
        <button type="button" onClick={() => setOpen(true)} aria-label={`Enlarge ${artifact.name}`} className="block w-full focus-visible:-outline-offset-2">
          <img src={address} alt={artifact.name} className="aspect-video w-full bg-sunken object-contain object-top" />
        </button>
      ) : (
        <Skeleton className="aspect-video w-full rounded-none" />
      )}
      <Caption artifact={artifact} />
      <Dialog open={open} onOpenChange={setOpen} title={artifact.name} wide>
        {address ? <img src={address} alt={artifact.name} className="w-full" /> : null}
      </Dialog>
    </figure>
  );
}

function Caption({ artifact }: { artifact: ArtifactDetailFragment }) {
  return (
    <figcaption className="flex items-center gap-2 border-t border-line py-1 pr-1 pl-3 text-xs text-soft">
      <span className="min-w-0 flex-1 truncate">{artifact.name}</span>
      <span className="text-faint">{formatBytes(artifact.size)}</span>
      <Save artifact={artifact} />
    </figcaption>
  );
}

function Save({ artifact: { url, name, error } }: { artifact: ArtifactDetailFragment }) {
  return (
    <IconButton
      label={`Download ${name}`}
      disabled={error !== ""}
      onClick={() => void download(url, name).catch((reason: unknown) => toast(`${name} cannot be downloaded: ${reason instanceof Error ? reason.message : String(reason)}`, "wrong"))}
    >
      <Download size={15} aria-hidden />
    </IconButton>
  );
}
