"""A disk that keeps what was synced, made from the notes of `journal.c`; what else it keeps at a loss of power is chance.

A write lasts once its file was synced after it, and a name once its folder was. A rename lasts as a whole, at the sync of
either folder. Of what wasn't synced a loss leaves nothing, the first calls up to some, or any of them in any order; a write
may be torn at its sectors, those that are missing between others being zeros.
"""

import collections
import pathlib
import posixpath
import struct

HEAD = struct.Struct("<cHHQI")
Note = collections.namedtuple("Note", "end kind path to number bytes")
STYLES = ("nothing", "first", "some", "most")


def notes(journal):
    """The notes of a journal; `end` is how long it was with each."""
    data, place = pathlib.Path(journal).read_bytes(), 0
    while place < len(data):
        kind, path, to, number, count = HEAD.unpack_from(data, place)
        place += HEAD.size
        parts = []
        for length in (path, to, count):
            parts.append(data[place:place + length])
            place += length
        yield Note(place, kind.decode(), parts[0].decode(), parts[1].decode(), number, parts[2])


class File:
    def __init__(self, data=b""):
        self.now, self.durable, self.pending = bytearray(data), bytearray(data), []


class Folder:
    def __init__(self):
        self.now, self.durable, self.pending = {}, {}, []


class Write:
    """Bytes at an offset, or with no bytes a new length."""

    def __init__(self, order, file, offset, data):
        self.order, self.file, self.offset, self.data = order, file, offset, data

    def apply(self, content, keeps=None):
        """Changes a file's content; `keeps` says of each sector's first byte whether the sector made it to the disk."""
        if self.data is None:
            del content[self.offset:]
            content.extend(bytes(self.offset - len(content)))
            return
        place, end = self.offset, self.offset + len(self.data)
        while place < end:
            after = min(end, (place // 512 + 1) * 512) if keeps else end
            if not keeps or keeps(place):
                content.extend(bytes(max(0, after - len(content))))
                content[place:after] = self.data[place - self.offset:after - self.offset]
            place = after


class Naming:
    """Names that change together: folder, name, and what it names from then on."""

    def __init__(self, order, *changes):
        self.order, self.changes = order, changes

    @property
    def folders(self):
        return list({id(folder): folder for folder, _, _ in self.changes}.values())

    @property
    def keys(self):
        return {(id(folder), name) for folder, name, _ in self.changes}


class Disk:
    """The tree below `root` as programs see it, and as much of it as would survive."""

    def __init__(self, root):
        self.root, self.tree, self.order = str(root), Folder(), 0
        self.load(pathlib.Path(root), self.tree)

    def load(self, place, folder):
        """What is there already has been there for long."""
        for path in place.iterdir():
            node = Folder() if path.is_dir() else File(path.read_bytes())
            folder.now[path.name] = folder.durable[path.name] = node
            if path.is_dir():
                self.load(path, node)

    def find(self, path):
        """The node of a path, or `None`."""
        node = self.tree
        for name in posixpath.relpath(path, self.root).split("/"):
            if name != ".":
                node = node.now.get(name) if isinstance(node, Folder) else None
        return node

    def spot(self, path):
        """The folder of a path, and its name in it."""
        path = posixpath.normpath(path)
        return self.find(posixpath.dirname(path)), posixpath.basename(path)

    def take(self, note):
        """Does what was noted."""
        self.order += 1
        if note.kind in "wts":
            node = self.find(note.path)
            if node is None:
                # Written to after its name was removed.
                assert note.path.endswith(" (deleted)"), note.path
            elif note.kind == "s":
                self.sync(node)
            else:
                write = Write(self.order, node, note.number, note.bytes if note.kind == "w" else None)
                write.apply(node.now)
                node.pending.append(write)
            return
        folder, name = self.spot(note.path)
        match note.kind:
            case "c" if name in folder.now: return
            case "c": changes = [(folder, name, File())]
            case "m": changes = [(folder, name, Folder())]
            case "u": changes = [(folder, name, None)]
            case "l": changes = [(*self.spot(note.to), folder.now[name])]
            case "r": changes = [(folder, name, None), (*self.spot(note.to), folder.now[name])]
        naming = Naming(self.order, *changes)
        for folder, name, node in changes:
            apply_name(folder.now, name, node)
        for folder in naming.folders:
            folder.pending.append(naming)

    def sync(self, node):
        if isinstance(node, File):
            for write in node.pending:
                write.apply(node.durable)
            node.pending = []
            return
        while node.pending:
            for one in with_those_before(node.pending[0]):
                for folder, name, target in one.changes:
                    apply_name(folder.durable, name, target)
                for folder in one.folders:
                    folder.pending.remove(one)

    def differences(self, name):
        """Paths below `name` of which the real tree differs from this one as programs see it: calls that weren't noted."""
        found = []

        def compare(folder, place):
            there = {path.name for path in place.iterdir()} if place.is_dir() else set()
            for name in sorted(there | set(folder.now)):
                node, path = folder.now.get(name), place / name
                if isinstance(node, Folder):
                    compare(node, path)
                elif not name.endswith("-shm") and (node is None or not path.is_file() or path.read_bytes() != node.now):
                    found.append(str(path))

        compare(self.tree.now[name], pathlib.Path(self.root) / name)
        return found

    # What a loss leaves.

    def lose(self, chance, target):
        """Writes below `target` what the disk would hold when the power were lost now."""
        style = chance.choice(STYLES)
        nodes = list(self.reachable())
        pending = {one.order: one for node in nodes for one in node.pending}
        orders = sorted(pending)
        last = chance.choice(orders) if orders else 0
        share = {"nothing": 0, "first": 1, "some": chance.random(), "most": 0.95}[style]

        def is_kept(one):
            return chance.random() < share if style != "first" else one.order <= last

        names = {id(node): dict(node.durable) for node in nodes if isinstance(node, Folder)}
        applied = set()
        for naming in (pending[order] for order in orders if isinstance(pending[order], Naming)):
            if is_kept(naming):
                for one in with_those_before(naming):
                    if one.order not in applied:
                        applied.add(one.order)
                        for folder, name, node in one.changes:
                            apply_name(names.setdefault(id(folder), dict(folder.durable)), name, node)
        sector = chance.choice((512, 4096))

        def content(file):
            data = bytearray(file.durable)
            for write in file.pending:
                if is_kept(write):
                    is_torn = write.order == last or (style == "some" and chance.random() < 0.3)
                    kept = collections.defaultdict(lambda: chance.random() < 0.5)
                    write.apply(data, (lambda place: kept[place // sector]) if is_torn else None)
            return data

        def put(folder, place):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, node in names.get(id(folder), folder.durable).items():
                if isinstance(node, Folder):
                    put(node, place / name)
                elif not name.endswith("-shm"):
                    (place / name).write_bytes(content(node))

        put(self.tree, pathlib.Path(target))
        return style

    def reachable(self):
        """Every node that a name leads to, or may lead to after a loss."""
        seen, rest = {}, [self.tree]
        while rest:
            node = rest.pop()
            if id(node) in seen:
                continue
            seen[id(node)] = node
            if isinstance(node, Folder):
                rest += [*node.now.values(), *node.durable.values()]
                rest += [target for one in node.pending for _, _, target in one.changes if target]
        return seen.values()


def apply_name(names, name, node):
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def with_those_before(naming):
    """A change of names and the earlier ones without which it makes no sense, in their order."""
    needed, keys, rest = [], set(), [naming]
    while rest:
        one = rest.pop()
        needed.append(one)
        keys |= one.keys
        rest += [
            other for folder, name, _ in one.changes for other in folder.pending
            if other.order < one.order and other.keys & one.keys and other not in needed and other not in rest]
    return sorted(needed, key=lambda one: one.order)
