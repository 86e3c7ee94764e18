package video

const crashEnv = "ERGON_VIDEO_CRASH"

func crashChild() {}
