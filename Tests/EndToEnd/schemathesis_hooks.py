"""What Schemathesis can't know of media types."""

import schemathesis

# A piece of an upload is bytes (tus 1.0).
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
