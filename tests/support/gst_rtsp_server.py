"""A third-party camera for the tests: GStreamer's RTSP server with Digest auth and live pictures.

Run with the system's /usr/bin/python3, where Debian keeps `gi` (no virtual environment has it):

    /usr/bin/python3 gst_rtsp_server.py --port 8554 [--user admin --password …] [--codec h265] [--size 640x360]
    [--bframes 2] /usr/bin/python3 gst_rtsp_server.py --port 8554 --file loop.h264 --fps 25     # access units of an
    Annex B file, looped

Mounts: /video (H.264 or H.265), /audio (sound only). It prints `ready` once it listens. One line on stdin is one
command:
`drop 2.0` throws encoded pictures away for 2 seconds, as an encoder that hangs would; `quit`, or the end of stdin,
ends it.

Traps met: `rtph264pay config-interval=-1` puts parameter sets before every slice, so IDR pictures must have one slice
(`sliced-threads=false`); `multifilesrc ! h264parse` stamps nothing, so a file goes through `appsrc` with our own
stamps.
"""

import argparse
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ENCODERS = {
    "h264": "x264enc name=enc tune={tune} speed-preset=ultrafast sliced-threads=false threads=1 bframes={bframes} "
    "key-int-max={gop} bitrate={kbps} ! video/x-h264,profile=main ! identity name=tap "
    "! rtph264pay name=pay0 pt=96 config-interval=-1",
    "h265": "x265enc name=enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} bitrate={kbps} "
    "option-string=bframes=0:pools=1:frame-threads=1:slices=1:repeat-headers=1 ! h265parse ! identity name=tap "
    "! rtph265pay name=pay0 pt=96 config-interval=-1",
}
LOOPED = {
    "h264": "appsrc name=feed is-live=true format=time ! video/x-h264,stream-format=byte-stream,alignment=au "
    "! identity name=tap ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "h265": "appsrc name=feed is-live=true format=time ! video/x-h265,stream-format=byte-stream,alignment=au "
    "! identity name=tap ! rtph265pay name=pay0 pt=96 config-interval=-1",
}


def access_units(data, codec):
    """Annex B bytes split before every parameter set or first slice that begins a new picture (one slice a picture)."""
    starts, at = [], data.find(b"\x00\x00\x01")
    while at >= 0:
        starts.append(at - 1 if at and data[at - 1] == 0 else at)
        at = data.find(b"\x00\x00\x01", at + 3)
    units, begin, has_picture = [], 0, False
    for start in starts:
        header = data[start + 3 + (data[start + 2] == 0)]
        kind = header & 0x1F if codec == "h264" else (header >> 1) & 0x3F
        picture = kind in (1, 5) if codec == "h264" else kind < 32
        if has_picture:
            units.append(data[begin:start])
            begin, has_picture = start, False
        has_picture = has_picture or picture
    units.append(data[begin:])
    return units


class Server:
    def __init__(self, options):
        self.options = options
        self.drop_until = 0.0
        self.loop = GLib.MainLoop()
        self.units = []
        if options.file:
            with open(options.file, "rb") as file:  # noqa: PTH123 - plain script
                self.units = access_units(file.read(), options.codec)
        width, height = options.size.split("x")
        tune = "zerolatency" if options.bframes == 0 else "0"
        encoder = ENCODERS[options.codec].format(gop=options.gop, kbps=options.kbps, tune=tune, bframes=options.bframes)
        source = (
            f"videotestsrc is-live=true pattern={options.pattern} "
            f"! video/x-raw,format=I420,width={width},height={height},framerate={options.fps}/1 ! "
        )
        video = self.factory(LOOPED[options.codec] if self.units else source + encoder)
        video.connect("media-configure", self.configure)
        server = GstRtspServer.RTSPServer(address=options.address, service=str(options.port))
        server.get_mount_points().add_factory("/video", video)
        server.get_mount_points().add_factory(
            "/audio", self.factory("audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8")
        )
        if options.user:
            auth = GstRtspServer.RTSPAuth()
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            token = GstRtspServer.RTSPToken()
            token.set_string("media.factory.role", "viewer")
            auth.add_digest(options.user, options.password, token)
            server.set_auth(auth)
        if server.attach(None) == 0:
            sys.exit(f"port {options.port} is taken")
        self.server = server

    def factory(self, pipeline):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {pipeline} )")
        factory.set_shared(True)
        if self.options.user:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        return factory

    def configure(self, _factory, media):
        element = media.get_element()
        element.get_by_name("tap").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self.tap)
        if self.options.report_s:
            media.connect("prepared", self.report_often)
        if self.units:
            gone = threading.Event()
            media.connect("unprepared", lambda _media: gone.set())
            threading.Thread(target=self.feed, args=(element.get_by_name("feed"), gone), daemon=True).start()

    def report_often(self, media):
        for number in range(media.n_streams()):
            session = media.get_stream(number).get_rtpsession()
            session.set_property("rtcp-min-interval", int(self.options.report_s * Gst.SECOND))

    def tap(self, _pad, _info):
        return Gst.PadProbeReturn.DROP if time.monotonic() < self.drop_until else Gst.PadProbeReturn.OK

    def feed(self, source, gone):
        interval, count, begin = 1 / self.options.fps, 0, time.monotonic()
        while not gone.is_set():
            buffer = Gst.Buffer.new_wrapped(self.units[count % len(self.units)])
            buffer.pts = buffer.dts = int(count * interval * Gst.SECOND)
            buffer.duration = int(interval * Gst.SECOND)
            if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return
            count += 1
            gone.wait(max(0.0, begin + count * interval - time.monotonic()))

    def command(self, channel, _condition):
        words = sys.stdin.readline().split()
        if not words or words[0] == "quit":
            self.loop.quit()
            return False
        if words[0] == "drop":
            self.drop_until = time.monotonic() + float(words[1])
        return True

    def run(self):
        GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, self.command)
        print("ready", flush=True)
        self.loop.run()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--codec", choices=sorted(ENCODERS), default="h264")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--gop", type=int, default=25)
    parser.add_argument("--kbps", type=int, default=500)
    parser.add_argument("--bframes", type=int, default=0)
    parser.add_argument("--pattern", default="ball")
    parser.add_argument("--report-s", type=float, help="seconds between sender reports, about; RFC 3550 says 5")
    parser.add_argument("--file")
    options = parser.parse_args()
    Gst.init(None)
    Server(options).run()


if __name__ == "__main__":
    main()
