"""Writes official.tfevents with TensorBoard's own record writer and messages (tensorboard 2.21.0)."""

from pathlib import Path

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

Value = summary_pb2.Summary.Value
events = [
    event_pb2.Event(wall_time=1753900000.25, file_version="brain.Event:2"),
    event_pb2.Event(wall_time=1753900000.25, step=7, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)),
    event_pb2.Event(wall_time=1753900001.5, step=300, summary=summary_pb2.Summary(value=[
        Value(tag="loss", simple_value=0.125),
        Value(tag="loss/pde", simple_value=float("nan")),
    ])),
    event_pb2.Event(wall_time=1753900002.0, step=300, summary=summary_pb2.Summary(value=[
        Value(tag="map", image=summary_pb2.Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=b"\x89PNG")),
    ])),
    event_pb2.Event(wall_time=1753900002.0, summary=summary_pb2.Summary(value=[
        Value(tag="r", histo=summary_pb2.HistogramProto(
            min=-1, max=3, num=6, sum=1 * -0.5 + 0 + 5 * 2, sum_squares=1 * 0.25 + 5 * 4,
            bucket_limit=[0, 1, 3], bucket=[1, 0, 5])),
    ])),
    event_pb2.Event(wall_time=1753900002.5, step=301, summary=summary_pb2.Summary(value=[
        Value(tag="status", metadata=summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="text")),
              tensor=tensor_pb2.TensorProto(
                  dtype=types_pb2.DT_STRING, tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)]),
                  string_val=[b"**completed**: ran all steps"])),
    ])),
]
with open(Path(__file__).parent / "official.tfevents", "wb") as f:
    w = RecordWriter(f)
    for e in events:
        w.write(e.SerializeToString(deterministic=True))
