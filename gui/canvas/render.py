"""The drawing thread, and the one place where a picture crosses from it to the window's thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np
import shapely
from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QImage

from gui.canvas.geodesy import transform_bounds
from gui.canvas.paint import Cancelled, Job, LayerShot, Picture, Workshop
from gui.canvas.prepare import NoCrs
from gui.canvas.raster import RasterError, raster_bounds
from sanxian.i18n import _

if TYPE_CHECKING:
    import geopandas as gpd

log = logging.getLogger(__name__)


class Bridge(QObject):
    """Lives in the window's thread; what the drawing thread emits arrives there in order.

    Signals:
        pictured: Job, image, whether it is complete, milliseconds so far.
        measured: Job, ``{(layer id, revision): bounds in the job's CRS or None}``, ``{revision: bounds of each feature in
            the layer's own CRS}``.
        stopped: Job that was cancelled or failed.
        failed: Layer id, a sentence for people.
        grabbed: Future of a picture that is complete.
    """

    pictured = pyqtSignal(object, QImage, bool, float)
    measured = pyqtSignal(object, object, object)
    stopped = pyqtSignal(object)
    failed = pyqtSignal(str, str)
    grabbed = pyqtSignal(object)


class Renderer(threading.Thread):
    """Draws the newest job; an older one is cancelled at its next step. Pictures for ``grab`` are all drawn."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(name="map-renderer", daemon=True)
        self._bridge = bridge
        self._wake = threading.Condition()
        self._job: Job | None = None
        self._grabs: deque[tuple[Job, Future[QImage]]] = deque()
        self._stop_current = threading.Event()
        self._over = False
        self._workshop = Workshop()
        self._bounds: dict[tuple[str, int, str], tuple[float, ...] | None] = {}

    # -- from the window's thread ----------------------------------------------------------------------------------
    def submit(self, job: Job) -> None:
        """Draw this instead of what is being drawn."""
        with self._wake:
            self._job = job
            self._stop_current.set()
            self._wake.notify()

    def cancel(self) -> None:
        """Stop drawing; nothing waits afterwards but grabs."""
        with self._wake:
            self._job = None
            self._stop_current.set()

    def grab(self, job: Job) -> Future[QImage]:
        """Draw this before anything else, completely."""
        future: Future[QImage] = Future()
        with self._wake:
            self._grabs.append((job, future))
            self._stop_current.set()
            self._wake.notify()
        return future

    def finish(self) -> None:
        """End the thread and wait for it."""
        with self._wake:
            self._over = True
            self._job = None
            self._stop_current.set()
            self._wake.notify()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()

    # -- in the drawing thread -------------------------------------------------------------------------------------
    def run(self) -> None:
        """Draw until ``finish``."""
        interrupted: Job | None = None
        while True:
            with self._wake:
                while not (self._over or self._job or self._grabs or interrupted):
                    self._wake.wait()
                if self._over:
                    for _job, future in self._grabs:
                        future.cancel()
                        self._bridge.grabbed.emit(future)
                    return
                self._stop_current = threading.Event()
                if self._grabs:
                    if self._job is None:
                        self._job = interrupted
                    interrupted = None
                    job, future = self._grabs.popleft()
                else:
                    job, future = self._job or interrupted, None
                    self._job = interrupted = None
                stop = self._stop_current
            if future is not None:
                self._grab(job, future)
            elif not self._draw(job, stop):
                with self._wake:
                    interrupted = job if self._grabs and self._job is None else None
                if interrupted is None:
                    self._bridge.stopped.emit(job)

    def _grab(self, job: Job, future: Future[QImage]) -> None:
        try:
            future.set_result(Picture(job, self._workshop, threading.Event()).paint())
        except Exception as error:  # noqa: BLE001 - carried to who waits for the picture
            future.set_exception(error)
        self._bridge.grabbed.emit(future)

    def _draw(self, job: Job, stop: threading.Event) -> bool:
        begun = time.perf_counter()

        def took() -> float:
            return (time.perf_counter() - begun) * 1000

        try:
            self._workshop.keep_only(job.layers, job.crs)
            self._measure(job, stop)
            if not job.measure_only:
                picture = Picture(
                    job,
                    self._workshop,
                    stop,
                    lambda image: self._bridge.pictured.emit(job, image, False, took()),
                    self._bridge.failed.emit,
                    keep=True,
                )
                self._bridge.pictured.emit(job, picture.paint(), True, took())
        except Cancelled:
            return False
        except Exception:
            # A bug must not end the thread: the next drawing may well succeed.
            log.exception("map could not be drawn")
            return False
        return True

    def _measure(self, job: Job, stop: threading.Event) -> None:
        found: dict[tuple[str, int], tuple[float, ...] | None] = {}
        for layer in job.layers:
            if stop.is_set():
                raise Cancelled
            key = (layer.id, layer.revision, job.crs)
            if key not in self._bounds:
                self._bounds[key] = self._bounds_of(layer, job.crs)
            found[layer.id, layer.revision] = self._bounds[key]
        kept = {(layer.id, layer.revision, job.crs) for layer in job.layers}
        self._bounds = {key: value for key, value in self._bounds.items() if key in kept}
        self._bridge.measured.emit(job, found, self._workshop.boxes())

    def _bounds_of(self, layer: LayerShot, crs: str) -> tuple[float, ...] | None:
        try:
            if layer.raster is not None:
                return raster_bounds(layer.raster, crs)
            if layer.frame is not None:
                return self._workshop.prepared(layer, crs).bounds
        except NoCrs:
            self._bridge.failed.emit(layer.id, _("图层没有坐标系，无法显示。"))
        except RasterError as error:
            self._bridge.failed.emit(layer.id, str(error))
        except Exception as error:
            log.exception("layer %s could not be measured", layer.id)
            self._bridge.failed.emit(layer.id, _("图层画不出来：{reason}").format(reason=error))
        return None


def features_in(
    frame: gpd.GeoDataFrame, boxes: np.ndarray, crs: str, source: str, bounds: tuple[float, ...], exact: bool
) -> np.ndarray:
    """Rows of a frame that meet a box given in another CRS.

    A look at all bounding boxes takes half a millisecond for 100,000 features; a tree would take a tenth of a second to
    build, with the window's thread locked out.

    Args:
        frame: The features.
        boxes: Bounds of each, in the frame's CRS.
        crs: Of ``bounds``.
        source: Of the frame.
        bounds: Left, bottom, right, top.
        exact: False for bounding boxes only.
    """
    there = transform_bounds(bounds, crs, source)
    if there is None:
        return np.empty(0, np.int64)
    left, bottom, right, top = there
    hit = (boxes[:, 0] <= right) & (boxes[:, 2] >= left) & (boxes[:, 1] <= top) & (boxes[:, 3] >= bottom)
    rows = np.flatnonzero(hit)
    if exact and len(rows):
        # What lies wholly inside meets it anyway: a box round everything asks no geometry at all.
        inside = (boxes[:, 0] >= left) & (boxes[:, 2] <= right) & (boxes[:, 1] >= bottom) & (boxes[:, 3] <= top)
        sure = inside[rows]
        across = rows[~sure]
        if len(across):
            window = shapely.box(*there)
            shapely.prepare(window)
            sure[~sure] = shapely.intersects(window, np.asarray(frame.geometry.array.take(across), dtype=object))
            rows = rows[sure]
    return rows
