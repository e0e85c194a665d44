/** The live webcam: sends a small frame, waits for the answer to it, and sends the next one. */

const SIDE = 320; // pixels of the longer side of a frame
const PAUSE = 180; // ms from one frame to the next, at least
const TIMEOUT = 3000; // ms after which an answer counts as lost, and the next frame is sent
const cameras = new WeakMap();

export default function ({ parentElement, setStateValue }) {
  let camera = cameras.get(parentElement);
  if (!camera) {
    camera = createCamera(parentElement);
    cameras.set(parentElement, camera);
  }
  camera.send = (message) => setStateValue("frame", message);
  return () => {
    removeEventListener("imgcls-answered", camera.answered);
    removeEventListener("imgcls-prediction", camera.predicted);
    camera.stop();
    cameras.delete(parentElement);
  };
}

function createCamera(root) {
  const video = root.querySelector("video");
  const button = root.querySelector("button");
  const status = root.querySelector("p");
  const canvas = document.createElement("canvas");
  const camera = {
    number: Date.now() % 1e12, // counts on from the clock, so that frames of an earlier visit are never taken for new
    sentAt: 0,
    times: [],
    stream: null,
    timer: 0,
    prediction: "",
    send: () => {},
  };

  function show(text) {
    status.textContent = text;
  }

  async function start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      show("Browsers allow the camera only on localhost or https pages. Open the page there, or upload a photo.");
      return;
    }
    button.disabled = true;
    try {
      camera.stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, facingMode: "environment" } });
    } catch (error) {
      const isDenied = error.name === "NotAllowedError";
      show(
        isDenied
          ? "Camera access was denied. Allow it in the browser's address bar, then press Start again."
          : "No camera could be opened. Check that one is connected and not in use by another program.",
      );
      return;
    } finally {
      button.disabled = false;
    }
    if (!root.isConnected) {
      camera.stop();
      return;
    }
    video.srcObject = camera.stream;
    await video.play();
    video.hidden = false;
    button.textContent = "Stop";
    show("Hold something in front of the camera.");
    camera.timer = setInterval(take, PAUSE);
  }

  function take() {
    const now = performance.now();
    if (!video.videoWidth || document.hidden || (camera.sentAt && now - camera.sentAt < TIMEOUT)) return;
    const scale = SIDE / Math.max(video.videoWidth, video.videoHeight);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    camera.sentAt = now;
    camera.number += 1;
    camera.send({ number: camera.number, data: canvas.toDataURL("image/jpeg", 0.85) });
  }

  camera.answered = ({ detail }) => {
    if (detail.frame !== camera.number || !camera.sentAt) return;
    camera.sentAt = 0;
    camera.times = [...camera.times, performance.now()].slice(-11);
    const span = camera.times.at(-1) - camera.times[0];
    const rate = `${(((camera.times.length - 1) * 1000) / span).toFixed(1)} predictions per second`;
    // The prediction is repeated here because on a phone it is below the fold.
    if (camera.times.length > 3) show(camera.prediction ? `${camera.prediction} · ${rate}` : rate);
  };

  camera.predicted = ({ detail }) => {
    camera.prediction = detail;
  };

  camera.stop = () => {
    clearInterval(camera.timer);
    for (const track of camera.stream?.getTracks() ?? []) track.stop();
    camera.stream = null;
    camera.sentAt = 0;
    camera.times = [];
    video.hidden = true;
    button.textContent = "Start the camera";
    show("");
  };

  // acknowledge.js says so, after the answer is on the page.
  addEventListener("imgcls-answered", camera.answered);
  addEventListener("imgcls-prediction", camera.predicted);
  button.onclick = () => (camera.stream ? camera.stop() : start());
  return camera;
}
