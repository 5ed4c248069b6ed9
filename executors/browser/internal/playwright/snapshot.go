package playwright

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"time"
)

// Snapshot is what a page showed at a time, with the documents of its frames.
type Snapshot struct {
	Page      string
	At        time.Time
	Documents []Document // the page's own first
}

// Document is one of the documents of a snapshot, folded by a Folder.
type Document struct {
	Frame    string // its ID, by which the frame's element refers to it
	URL      string
	Doctype  string
	Viewport Size
	HTML     json.RawMessage
}

// mainFrame is the ID of a page's own document.
func mainFrame(page string) string { return "frame@" + page }

// FrameID is the ID of a frame in a page; path is empty for the page's own
// document.
func FrameID(page, path string) string { return mainFrame(page) + path }

// name announces a snapshot in an event.
func name(event object, key, phase, id string, s *Snapshot) {
	if s != nil && len(s.Documents) > 0 {
		event[key] = phase + "@" + id
	}
}

func (w *writer) snapshot(phase, id string, s *Snapshot) {
	if s == nil {
		return
	}
	for i, d := range s.Documents {
		url := w.mask(d.URL)
		w.emit(&w.events, object{"type": "frame-snapshot", "snapshot": object{
			"callId": id, "snapshotName": phase + "@" + id, "pageId": s.Page, "frameId": d.Frame, "frameUrl": url, "doctype": d.Doctype, "html": d.HTML,
			"viewport": d.Viewport, "timestamp": w.at(s.At), "wallTime": s.At.UnixMilli(), "collectionTime": 0, "resourceOverrides": []any{}, "isMainFrame": i == 0,
		}})
	}
}

// Folder makes the snapshots of a trace small: what a document has in common
// with an earlier one of its frame is replaced by a reference. Documents must
// come into the trace in the order in which they were folded. It is not safe for
// concurrent use.
type Folder struct {
	left   int
	seed   maphash.Seed
	frames map[string]*folded
}

// folded is what is known of the documents of a frame so far.
type folded struct {
	documents int
	known     map[uint64]place // elements by what they hold
}

// place is where an element is: in which document, and its number among the
// nodes that it has, those within a node before it.
type place struct{ document, node int }

// NewFolder returns one for documents of at most so many bytes in all.
func NewFolder(limit int) *Folder {
	return &Folder{left: limit, seed: maphash.MakeSeed(), frames: map[string]*folded{}}
}

// minReference is how large, in bytes, an element must be to be referred to.
const minReference = 40

// Fold is an element of a document: a name, its attributes, and what it holds,
// which is texts and elements. It returns false where there is no room.
func (f *Folder) Fold(frame string, element []any) (json.RawMessage, bool) {
	known := f.frames[frame]
	if known == nil {
		known = &folded{known: map[uint64]place{}}
	}
	p := &press{folder: f, frame: known, fresh: map[uint64]place{}}
	tree := p.weigh(element)
	p.put(tree)
	if p.out.Len() > f.left {
		return nil, false
	}
	f.left -= p.out.Len()
	for hash, at := range p.fresh {
		known.known[hash] = at
	}
	known.documents++
	f.frames[frame] = known
	return p.out.Bytes(), true
}

// press folds one document.
type press struct {
	folder *Folder
	frame  *folded
	fresh  map[uint64]place
	nodes  int // so far
	out    bytes.Buffer
}

// branch is a node with what is known of it.
type branch struct {
	text  []byte // of a text, as JSON
	head  []byte // of an element: its name and attributes, as JSON without the bracket at the end
	inner []branch
	hash  uint64
	size  int
}

// weigh prepares a node: what it holds, in a number, and how large it is.
func (p *press) weigh(element []any) branch {
	var b branch
	var h maphash.Hash
	h.SetSeed(p.folder.seed)
	var tag string
	var attributes any = object{}
	if len(element) > 0 {
		tag, _ = element[0].(string)
	}
	if len(element) > 1 {
		if given, ok := element[1].(object); ok {
			attributes = given
		}
	}
	b.head = append(append([]byte{'['}, text(tag)...), ',')
	b.head = append(b.head, text(attributes)...)
	_, _ = h.Write(b.head) // which cannot fail
	b.size = len(b.head) + 1
	for _, node := range element[min(2, len(element)):] {
		var inner branch
		switch node := node.(type) {
		case string:
			inner = branch{text: text(node)}
			inner.size, inner.hash = len(inner.text), maphash.Bytes(p.folder.seed, inner.text)
		case []any:
			inner = p.weigh(node)
		default:
			continue
		}
		b.inner = append(b.inner, inner)
		b.size += inner.size + 1
		maphash.WriteComparable(&h, inner.hash)
	}
	b.hash = h.Sum64()
	return b
}

// put writes a node, or where it was before.
func (p *press) put(b branch) {
	if b.text != nil {
		p.out.Write(b.text)
		p.nodes++
		return
	}
	if at, ok := p.frame.known[b.hash]; ok && b.size >= minReference {
		p.out.WriteString("[[")
		p.out.Write(text(p.frame.documents - at.document))
		p.out.WriteByte(',')
		p.out.Write(text(at.node))
		p.out.WriteString("]]")
		return
	}
	p.out.Write(b.head)
	for _, inner := range b.inner {
		p.out.WriteByte(',')
		p.put(inner)
	}
	p.out.WriteByte(']')
	p.fresh[b.hash] = place{p.frame.documents, p.nodes}
	p.nodes++
}

// text is a value as JSON, without line feeds and escapes for HTML.
func text(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return []byte(`""`) // what cannot be written, such as a function
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}
