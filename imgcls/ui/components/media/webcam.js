/* The webcam, live: sends a small picture, waits for the answer to it, and sends the next one. */

const SIDE = 320;          // pixels of the longer side of what is sent
const PAUSE = 180;         // milliseconds from one picture to the next, at least
const PATIENCE = 3000;     // after so many the answer was lost, and the next picture is sent
const cameras = new WeakMap();

export default function ({ parentElement, setStateValue }) {
  let camera = cameras.get(parentElement);
  if (!camera) {
    camera = made(parentElement);
    cameras.set(parentElement, camera);
  }
  camera.send = message => setStateValue('frame', message);
  return () => {
    removeEventListener('imgcls-answered', camera.answered);
    removeEventListener('imgcls-said', camera.hear);
    camera.stop();
    cameras.delete(parentElement);
  };
}

function made(root) {
  const video = root.querySelector('video'), button = root.querySelector('button'), told = root.querySelector('p');
  const canvas = document.createElement('canvas');
  // Numbers go on from the clock, so that those of an earlier visit are never taken for new ones.
  const camera = { number: Date.now() % 1e12, waiting: 0, times: [], stream: null, timer: 0, said: '', send: () => {} };

  function say(text) { told.textContent = text; }

  async function start() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
      say('This browser gives the camera to pages from localhost or https only. Open the page there, or upload a photo.');
      return;
    }
    button.disabled = true;
    try {
      camera.stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, facingMode: 'environment' } });
    } catch (error) {
      const no = error.name === 'NotAllowedError';
      say(no ? 'The camera was not allowed. Allow it in the address bar of the browser, then press Start again.'
             : 'No camera could be opened. Is one connected, and does no other program use it?');
      return;
    } finally {
      button.disabled = false;
    }
    if (!root.isConnected) { camera.stop(); return; }
    video.srcObject = camera.stream;
    await video.play();
    video.hidden = false;
    button.textContent = 'Stop';
    say('Hold something in front of the camera.');
    camera.timer = setInterval(take, PAUSE);
  }

  function take() {
    const now = performance.now();
    if (!video.videoWidth || document.hidden || (camera.waiting && now - camera.waiting < PATIENCE)) return;
    const scale = SIDE / Math.max(video.videoWidth, video.videoHeight);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
    camera.waiting = now;
    camera.number += 1;
    camera.send({ number: camera.number, data: canvas.toDataURL('image/jpeg', 0.85) });
  }

  camera.answered = ({ detail }) => {
    if (detail.seen !== camera.number || !camera.waiting) return;
    camera.waiting = 0;
    camera.times = [...camera.times, performance.now()].slice(-11);
    const span = camera.times.at(-1) - camera.times[0];
    const rate = `${((camera.times.length - 1) * 1000 / span).toFixed(1)} answers a second`;
    // On a phone the answer itself stands below what is seen.
    if (camera.times.length > 3) say(camera.said ? `${camera.said} · ${rate}` : rate);
  };

  camera.hear = ({ detail }) => { camera.said = detail; };

  camera.stop = () => {
    clearInterval(camera.timer);
    if (camera.stream) camera.stream.getTracks().forEach(track => track.stop());
    camera.stream = null;
    camera.waiting = 0;
    camera.times = [];
    video.hidden = true;
    button.textContent = 'Start the camera';
    say('');
  };

  // heard.js says so, behind the answer on the page.
  addEventListener('imgcls-answered', camera.answered);
  addEventListener('imgcls-said', camera.hear);
  button.onclick = () => (camera.stream ? camera.stop() : start());
  return camera;
}
